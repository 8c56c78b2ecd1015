import { ar } from '../locales/ar';
import { start } from '../start';

start(ar, 'ar');
