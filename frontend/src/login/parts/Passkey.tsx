import { useEffect, useRef, useState } from 'react';
import type { Answer } from '../answer';
import { useHydrated } from '../useForm';

const hasPasskeys = () => 'PublicKeyCredential' in window;

interface Props {
  decide: (answer: Answer) => string;
  quiet?: boolean;
  /** Whether the browser may offer a passkey by itself, where it fills in addresses. */
  offer?: boolean;
  children: string;
}

/**
 * The way in by passkey. It stands in the static page, where the style sheet shows it to whoever runs scripts,
 * so that nothing moves when the script arrives; what it needs is loaded when it is used.
 */
export function Passkey({ decide, quiet = false, offer = false, children }: Props) {
  const hydrated = useHydrated();
  const button = useRef<HTMLButtonElement>(null);
  const asking = useRef(false);
  const [busy, setBusy] = useState(false);

  const ask = async (offered: boolean) => {
    const form = button.current?.form;
    if (!form || asking.current) return;
    if (!offered) {
      asking.current = true;
      setBusy(true);
    }
    const { show } = await import('../passkey');
    const answer = await show(form, offered);
    const next = answer && decide(answer);
    if (next) {
      location.assign(next);
      return;
    }
    if (!offered) {
      asking.current = false;
      setBusy(false);
    }
    // What was asked at once has ended the offer, and an answer has used it up.
    if (offer && (answer ?? !offered)) await ask(true);
  };

  useEffect(() => {
    if (offer && hasPasskeys()) void ask(true);
    // Once for each page: `ask` itself goes on offering.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [offer]);

  if (hydrated && !hasPasskeys()) return null;
  return (
    <button
      ref={button}
      type="button"
      className={quiet ? 'button quiet scripted' : 'button scripted'}
      aria-disabled={busy}
      onClick={() => { void ask(false); }}
    >
      {children}
    </button>
  );
}
