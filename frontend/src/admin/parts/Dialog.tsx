import { type ReactNode, useEffect } from 'react';
import { useFocusManager } from 'react-aria/FocusScope';
import { Dialog as Box, Heading, Modal, ModalOverlay } from 'react-aria-components/Modal';
import { useSite } from '../site';
import { type Action, useAction, useKept } from '../useAction';
import { Button } from './Button';
import { TextArea, TextField } from './fields';
import { Form } from './Form';

interface BoxProps {
  title: string;
  /** Broad enough for a table or a difference. */
  wide?: boolean;
  busy?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** Gives focus to what comes first in the box. Without it the box itself has it, and a form takes a key more. */
function FocusFirst() {
  const focus = useFocusManager();
  useEffect(() => { focus?.focusFirst({ tabbable: true }); }, [focus]);
  return null;
}

/** A box over the page. Focus is kept inside, and given back on closing. */
export function DialogBox({ title, wide = false, busy = false, onClose, children }: BoxProps) {
  return (
    <ModalOverlay isOpen className="veil" isKeyboardDismissDisabled={busy} onOpenChange={(open) => { if (!open && !busy) onClose(); }}>
      <Modal className={wide ? 'modal wide' : 'modal'}>
        <Box className="dialog">
          <Heading slot="title" level={2}>{title}</Heading>
          {children}
          <FocusFirst />
        </Box>
      </Modal>
    </ModalOverlay>
  );
}

interface Props extends Omit<BoxProps, 'busy'> {
  action: Action;
  /** What the button says that does it. */
  label: string;
  danger?: boolean;
  fields?: readonly string[];
  onSend: (data: FormData) => void;
}

/** A form in a box. */
export function Dialog({ title, wide, action, label, danger = false, fields, onSend, onClose, children }: Props) {
  const { t } = useSite();
  return (
    <DialogBox title={title} wide={wide} busy={action.busy} onClose={onClose}>
      <Form action={action} fields={fields} onSend={onSend}>
        {children}
        <div className="actions end">
          {/* First, so that it is the harmless button that has focus where there is no field. */}
          <Button onClick={() => { if (!action.busy) onClose(); }}>{t('cancel')}</Button>
          <Button type="submit" kind={danger ? 'danger' : 'main'} busy={action.busy}>{label}</Button>
        </div>
      </Form>
    </DialogBox>
  );
}

interface ConfirmProps<T> {
  /** A question that names the object. */
  title: string;
  label: string;
  danger?: boolean;
  /** Whether the API wants to know why. */
  reason?: 'none' | 'optional' | 'required';
  /** What has to be typed to go on, for what cannot be undone. */
  typed?: string;
  /** Names it over a sign-in in between, so that the reason is kept. Give the page the same name for useKept if it opens the dialog again. */
  keep?: string;
  /** Does it; what it throws is said in the dialog. */
  run: (reason: string, data: FormData) => Promise<T>;
  /** Called when it is done. Close the dialog here. */
  onDone: (value: T) => unknown;
  onClose: () => void;
  /** What will happen. */
  children?: ReactNode;
}

const textIn = (data: FormData, name: string) => {
  const value = data.get(name);
  return typeof value === 'string' ? value.trim() : '';
};

/** Asks before something is done, and why. */
export function ConfirmDialog<T>({ title, label, danger = false, reason = 'optional', typed, keep = '', run, onDone, onClose, children }: ConfirmProps<T>) {
  const { t } = useSite();
  const action = useAction(keep);
  const [before] = useKept(keep || 'none', { reason: '' });
  const send = (data: FormData) => {
    const why = textIn(data, 'reason');
    action.run(() => run(why, data), onDone, { reason: why });
  };
  return (
    <Dialog title={title} action={action} label={label} danger={danger} fields={['reason', 'typed']} onSend={send} onClose={onClose}>
      {children}
      {typed ? (
        <TextField name="typed" label={t('typeToGoOn', { text: typed })} required code pattern={typed.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')} />
      ) : null}
      {reason === 'none' ? null : (
        <TextArea
          name="reason"
          label={t('reason')}
          hint={t('reasonHint')}
          rows={2}
          maxLength={500}
          minLength={reason === 'required' ? 3 : undefined}
          required={reason === 'required'}
          defaultValue={before.reason}
        />
      )}
    </Dialog>
  );
}
