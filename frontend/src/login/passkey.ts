// Asking for a passkey: loaded by a page when there is somebody to ask.

import { browserSupportsWebAuthnAutofill, startAuthentication, WebAuthnAbortService } from '@simplewebauthn/browser';
import { type Answer, problem, read } from './answer';
import { post } from './send';

// A little less than what was asked is good for.
const old = 4 * 60_000;

type Asked = Parameters<typeof startAuthentication>[0]['optionsJSON'];

/** What the function of this page asks of an authenticator, or what it says instead. */
async function ask(): Promise<Asked | Answer> {
  // The sign-in page is also at the address that other providers are below.
  const page = location.pathname.replace(/\/provider$/, '');
  const response = await post(`/api${page}/passkey${location.search}`, null);
  const answer = await read(response.clone());
  if (!answer.ok || answer.flow.redirectTo) return answer;
  return ((await response.json()) as { publicKey: Asked }).publicKey;
}

/** Whoever was asked said no, or was not there: no error, it can be tried again. */
const cancelled = (error: unknown) => error instanceof Error && /^(NotAllowed|Abort)Error$/.test(error.name);

/** Tells the browser that a passkey leads nowhere, so that it is not offered again. */
async function forget(rpId: string | undefined, credentialId: string) {
  const { signalUnknownCredential: signal } = PublicKeyCredential as {
    signalUnknownCredential?: (unknown: { rpId: string; credentialId: string }) => Promise<void>;
  };
  // It is a courtesy: not every keeper of passkeys knows it.
  await signal?.call(PublicKeyCredential, { rpId: rpId ?? location.hostname, credentialId }).catch(() => undefined);
}

/** The authenticator's answer, or null when what was offered has become old. */
async function answered(asked: Asked, offered: boolean) {
  const began = performance.now();
  const renewed = new AbortController();
  const over = new AbortController();
  // Who comes back to a page that was left open is offered what is still good.
  const renew = () => {
    if (performance.now() - began < old) return;
    renewed.abort();
    WebAuthnAbortService.cancelCeremony();
  };
  if (offered) for (const event of ['focus', 'focusin']) addEventListener(event, renew, { signal: over.signal });
  try {
    return await startAuthentication({ optionsJSON: asked, useBrowserAutofill: offered });
  } catch (error) {
    if (renewed.signal.aborted) return null;
    throw error;
  } finally {
    over.abort();
  }
}

/**
 * Asks the person for a passkey, quietly in the list of what the browser fills in (`offered`) or at once, and
 * posts the answer. Returns what the function says to it, or null when nobody answered. What is asked at once
 * ends what is offered.
 */
export async function show(form: HTMLFormElement, offered: boolean): Promise<Answer | null> {
  try {
    if (offered && !(await browserSupportsWebAuthnAutofill())) return null;
    let asked: Asked | Answer;
    let credential: Awaited<ReturnType<typeof answered>>;
    do {
      asked = await ask();
      if ('ok' in asked) return offered ? null : asked;
      credential = await answered(asked, offered);
    } while (!credential);
    const body = new URLSearchParams({ action: 'passkey', credential: JSON.stringify(credential) });
    if (new FormData(form).has('remember')) body.set('remember', 'on');
    const answer = await post(location.href, body).then(read, () => problem('offline'));
    if (!answer.ok && answer.problem.code === 'passkey_unknown') await forget(asked.rpId, credential.id);
    return answer;
  } catch (error) {
    if (offered || cancelled(error)) return null;
    return problem(error instanceof TypeError ? 'offline' : 'passkey_refused');
  }
}
