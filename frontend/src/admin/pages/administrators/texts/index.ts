import { pageTexts } from '../../../texts';
import type { texts } from './en';

export const useText = pageTexts<typeof texts>('administrators');
