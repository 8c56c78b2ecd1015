import { withSteps } from '../catalog';
import { ar } from '../locales/ar';
import { ar as texts } from '../locales/steps/ar';
import { start } from '../start';
import { steps } from '../steps';

start(steps, withSteps(ar, texts), 'ar');
