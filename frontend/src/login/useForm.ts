import { type FormEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type Answer, problem } from './answer';
import { send } from './send';

const never = () => () => undefined;

/** False in the static page and while it hydrates, true from then on. */
export function useHydrated(): boolean {
  return useSyncExternalStore(never, () => true, () => false);
}

/** What is wrong with an entry before it is worth sending; the server checks everything again. */
export function fault(form: HTMLFormElement): { code: string; field: string } | null {
  for (const input of form.querySelectorAll<HTMLInputElement>('input[required]:not([readonly])')) {
    const field = input.name;
    if (!(input.type === 'checkbox' ? input.checked : input.value.trim())) return { code: `${field}_required`, field };
    if (field === 'email' && !/^\S+@\S+$/.test(input.value.trim())) return { code: 'email_invalid', field };
  }
  return null;
}

export interface Form {
  busy: boolean;
  props: {
    id: string;
    method: 'post';
    noValidate: boolean;
    onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  };
}

/**
 * A form that posts by itself without JavaScript, and by request with it. `decide` takes each answer and
 * says where to go next, or '' to stay.
 */
export function useForm(decide: (answer: Answer) => string): Form {
  const hydrated = useHydrated();
  const sending = useRef(false);
  const [busy, setBusy] = useState(false);
  const turn = (on: boolean) => {
    sending.current = on;
    setBusy(on);
  };

  // Coming back with the back button may restore the page as it was left: busy.
  useEffect(() => {
    const back = (event: PageTransitionEvent) => {
      if (event.persisted) turn(false);
    };
    addEventListener('pageshow', back);
    return () => { removeEventListener('pageshow', back); };
  }, []);

  const submit = async (form: HTMLFormElement, submitter: HTMLButtonElement | null) => {
    turn(true);
    const next = decide(await send(form, submitter));
    // Still busy on the way out: a second click must not send a spent form.
    if (next) location.assign(next);
    else turn(false);
  };

  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    const { submitter } = event.nativeEvent as SubmitEvent;
    const button = submitter instanceof HTMLButtonElement ? submitter : null;
    if (sending.current) {
      event.preventDefault();
      return;
    }
    // A button that does not need the form's entries leads elsewhere, or shows the form anew.
    if (button?.formNoValidate) return;
    event.preventDefault();
    const form = event.currentTarget;
    const wrong = fault(form);
    if (wrong) {
      decide(problem(wrong.code, { field: wrong.field }));
      return;
    }
    void submit(form, button);
  };

  return { busy, props: { id: 'form', method: 'post', noValidate: hydrated, onSubmit } };
}
