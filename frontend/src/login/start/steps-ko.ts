import { withSteps } from '../catalog';
import { ko } from '../locales/ko';
import { ko as texts } from '../locales/steps/ko';
import { start } from '../start';
import { steps } from '../steps';

start(steps, withSteps(ko, texts), 'ko');
