import { createContext, type FormEvent, type ReactNode, type RefObject, useContext, useEffect, useId, useRef } from 'react';
import { Form as Sent } from 'react-aria-components/Form';
import { textOf } from '../catalog';
import { Icon } from '../icons';
import { Problem } from '../problem';
import { useSite } from '../site';
import { alertOf } from '../texts';
import type { Action } from '../useAction';
import { Trouble } from './Trouble';

const FormProblem = createContext<Problem | null>(null);

/** The first entry that the browser finds wrong, as the code of its fault. */
function faultOf(form: HTMLFormElement): Problem | null {
  for (const element of form.elements) {
    if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement)) continue;
    // What has to be ticked or chosen says so for screen readers alone.
    const unticked = element.type === 'checkbox' && element.getAttribute('aria-required') === 'true' && !(element as HTMLInputElement).checked;
    // The browser forgets that somebody typed when React writes the same text again, and counts no further.
    const tooShort = 'minLength' in element && element.value !== '' && element.value.length < element.minLength;
    if ((element.validity.valid && !unticked && !tooShort) || element.disabled) continue;
    const { typeMismatch, patternMismatch } = element.validity;
    const valueMissing = element.validity.valueMissing || unticked;
    let code = 'invalid';
    if (valueMissing) code = 'required';
    else if (typeMismatch) code = element.type === 'email' ? 'email' : 'url';
    else if (tooShort) code = 'too_short';
    else if (patternMismatch) code = 'format';
    return new Problem(code, { field: element.name });
  }
  return null;
}

interface Props {
  action: Action;
  /** The names of its fields, which say their faults themselves. */
  fields?: readonly string[];
  onSend: (data: FormData) => void;
  className?: string;
  children: ReactNode;
}

const none: readonly string[] = [];

/** A form whose entries stay until the API has taken them. Its fields have the names of the API. */
export function Form({ action, fields = none, onSend, className, children }: Props) {
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // A dialog in a portal would send the form around it too.
    event.stopPropagation();
    if (action.busy) return;
    const wrong = faultOf(event.currentTarget);
    if (wrong) action.refuse(wrong);
    else onSend(new FormData(event.currentTarget));
  };
  return (
    // What is wrong is said when it is sent, by the fields, in the words of the page: the browser's are in its own language.
    <Sent validationBehavior="aria" onSubmit={onSubmit} className={className ?? ''}>
      <FormProblem.Provider value={action.problem}>
        <Trouble problem={action.problem} fields={fields} />
        {children}
      </FormProblem.Provider>
    </Sent>
  );
}

/** The fault of one field, in words, and the place that it gives focus to. */
export function useFault<E extends HTMLElement>(name: string) {
  const { catalog, t } = useSite();
  const problem = useContext(FormProblem);
  const input: RefObject<E> = useRef<E>(null);
  const wrong = problem && problem.field === name ? problem : null;
  useEffect(() => {
    if (wrong) input.current?.focus();
  }, [wrong]);
  const said = wrong && (textOf(catalog.fields, wrong.code) || alertOf(wrong.code) || textOf(catalog.alerts, wrong.code) || wrong.title || t('checkField'));
  return { input, wrong: Boolean(wrong), said };
}

/** The same for an element of the browser, with the attributes that tie the two together. */
export function useFieldFault<E extends HTMLElement>(name: string, hint: ReactNode) {
  const { input, wrong, said } = useFault<E>(name);
  const id = useId();
  const described = [wrong && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return {
    id,
    input,
    hint: hint ? <p className="hint" id={`${id}-hint`}>{hint}</p> : null,
    fault: said ? <p className="error" id={`${id}-error`}><Icon name="warning" /><span>{said}</span></p> : null,
    props: { id, name, 'aria-describedby': described || undefined, 'aria-invalid': wrong ? (true as const) : undefined },
  };
}
