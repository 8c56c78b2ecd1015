import { ko } from '../locales/ko';
import { start } from '../start';

start(ko, 'ko');
