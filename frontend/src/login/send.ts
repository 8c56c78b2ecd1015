import { type Answer, problem, read } from './answer';

// As long as a cold function may take with its database cold too; then the person gets the form back.
const patience = 30_000;

/** Posts what a form would, and asks for JSON instead of a page. */
export const post = (address: string, body: URLSearchParams | null): Promise<Response> =>
  fetch(address, { method: 'POST', body, headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(patience) });

/** Posts a form to where the browser would. */
export async function send(form: HTMLFormElement, submitter: HTMLButtonElement | null): Promise<Answer> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string') body.append(name, value);
  }
  // Not `form.action`: that is the buttons of this name.
  const address = form.getAttribute('action') ?? location.href;
  if (submitter?.name) body.append(submitter.name, submitter.value);
  try {
    return await read(await post(address, body));
  } catch {
    return problem('offline');
  }
}
