import { en } from '../locales/en';
import { start } from '../start';

start(en, 'en');
