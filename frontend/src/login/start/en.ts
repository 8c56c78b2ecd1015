import { en } from '../locales/en';
import { pages } from '../pages';
import { start } from '../start';

start(pages, en, 'en');
