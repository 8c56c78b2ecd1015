import { createContext, type FormEvent, type ReactNode, useContext, useEffect, useId, useRef } from 'react';
import type { Problem } from '../../login/answer';
import { problem as problemOf } from '../../login/answer';
import { Warning } from '../../login/parts/icons';
import { fault } from '../../login/useForm';
import { textOf } from '../catalog';
import { useSite } from '../context';
import type { Action } from '../useAction';
import { Trouble } from './Trouble';

const FormProblem = createContext<Problem | null>(null);

interface Props {
  action: Action;
  /** The names of its fields that have a fault of their own. */
  fields: readonly string[];
  onSend: (entries: Readonly<Record<string, string>>) => void;
  children: ReactNode;
}

/** A form whose entries stay until the API has taken them. */
export function Form({ action, fields, onSend, children }: Props) {
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (action.busy) return;
    const form = event.currentTarget;
    const wrong = fault(form);
    if (wrong) {
      action.refuse(problemOf(wrong.code, { field: wrong.field }).problem);
      return;
    }
    onSend(Object.fromEntries([...new FormData(form)].filter((entry): entry is [string, string] => typeof entry[1] === 'string')));
  };
  return (
    <form noValidate onSubmit={onSubmit}>
      <FormProblem.Provider value={action.problem}>
        <Trouble problem={action.problem} fields={fields} />
        {children}
      </FormProblem.Provider>
    </form>
  );
}

/** The fault of one field, which gives it focus, and the attributes that tie the two together. */
export function useFieldFault(name: string, hint: string | undefined) {
  const { catalog, t } = useSite();
  const problem = useContext(FormProblem);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const wrong = problem?.field === name ? problem : null;
  useEffect(() => {
    if (!wrong) return;
    input.current?.focus();
    input.current?.select();
  }, [wrong]);

  const described = [wrong && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return {
    hint: hint ? <p className="hint" id={`${id}-hint`}>{hint}</p> : null,
    fault: wrong ? (
      <p className="error" id={`${id}-error`}>
        <Warning />
        <span>{textOf(catalog.fields, wrong.code) || textOf(catalog.alerts, wrong.code) || t('checkField')}</span>
      </p>
    ) : null,
    props: {
      id,
      name,
      ref: input,
      'aria-describedby': described || undefined,
      'aria-invalid': wrong ? (true as const) : undefined,
    },
  };
}
