import { ko } from '../locales/ko';
import { pages } from '../pages';
import { start } from '../start';

start(pages, ko, 'ko');
