import { type ReactNode, type SyntheticEvent, useId, useLayoutEffect, useRef } from 'react';
import { useSite } from '../context';
import type { Action } from '../useAction';
import { Button } from './Button';
import { Form } from './Form';

interface Props {
  title: string;
  action: Action;
  /** What the button says that does it. */
  label: string;
  danger?: boolean;
  fields?: readonly string[];
  onSend: (entries: Readonly<Record<string, string>>) => void;
  onClose: () => void;
  children: ReactNode;
}

const none: readonly string[] = [];

/** Asks before something is done. The browser keeps focus inside, and gives it back on closing. */
export function Dialog({ title, action, label, danger = false, fields = none, onSend, onClose, children }: Props) {
  const { t } = useSite();
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);

  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    // An element that is only taken away would keep focus from whoever had it before.
    return () => { dialog?.close(); };
  }, []);

  const close = () => { if (!action.busy) onClose(); };
  const cancel = (event: SyntheticEvent) => {
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={box} aria-labelledby={id} onCancel={cancel} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      <Form action={action} fields={fields} onSend={onSend}>
        {children}
        <div className="actions">
          {/* First, so that it is the harmless button that has focus. */}
          <Button onClick={close}>{t('cancel')}</Button>
          <Button type="submit" kind={danger ? 'danger' : 'main'} busy={action.busy}>{label}</Button>
        </div>
      </Form>
    </dialog>
  );
}
