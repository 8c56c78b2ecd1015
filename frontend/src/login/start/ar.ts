import { ar } from '../locales/ar';
import { pages } from '../pages';
import { start } from '../start';

start(pages, ar, 'ar');
