import { type Answer, problem, read } from './answer';

// As long as a cold function may take with its database cold too; then the person gets the form back.
const patience = 30_000;

/** Posts a form to where the browser would, and asks for JSON instead of a page. */
export async function send(form: HTMLFormElement, submitter: HTMLButtonElement | null): Promise<Answer> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string') body.append(name, value);
  }
  // Not `form.action`: that is the buttons of this name.
  const address = form.getAttribute('action') ?? location.href;
  if (submitter?.name) body.append(submitter.name, submitter.value);
  try {
    const headers = { Accept: 'application/json' };
    const signal = AbortSignal.timeout(patience);
    return await read(await fetch(address, { method: 'POST', body, headers, signal }));
  } catch {
    return problem('offline');
  }
}
