import { withSteps } from '../catalog';
import { en } from '../locales/en';
import { en as texts } from '../locales/steps/en';
import { start } from '../start';
import { steps } from '../steps';

start(steps, withSteps(en, texts), 'en');
