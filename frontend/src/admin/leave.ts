import { keepPlace } from './kept';
import type { Problem } from './problem';

export const signInPath = '/account/sign-in?page=admin';
export const secondFactorPath = `${signInPath}&fresh=1&factor=second`;

/** Leaves for where a person shows who they are, and from where they come back to this page. */
export function leave(to: string): void {
  keepPlace();
  location.assign(to);
}

/** Whether the problem is that nobody is signed in; the page is left then. */
export function leftFor(problem: Problem): boolean {
  if (problem.code !== 'unauthenticated') return false;
  leave(problem.next || signInPath);
  return true;
}
