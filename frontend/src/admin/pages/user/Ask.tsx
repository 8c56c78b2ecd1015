import { useQueryClient } from '@tanstack/react-query';
import type { Schemas } from '../../api';
import { useTenant } from '../../me';
import { ConfirmDialog } from '../../parts/Dialog';
import { say } from '../../toast';
import { useText } from './texts';

type Asked = 'resetAsk' | 'recoverAsk' | 'blockAsk' | 'unblockAsk' | 'endAllAsk' | 'revokeAsk' | 'deleteAsk' | 'restoreAsk';
type Said =
  | 'reset' | 'resetLead' | 'resetDone' | 'recover' | 'recoverLead' | 'recoverDone' | 'block' | 'blockLead' | 'blockDone'
  | 'unblock' | 'unblockLead' | 'unblockDone' | 'endAll' | 'endAllLead' | 'endAllDone' | 'revoke' | 'revokeLead' | 'revokeDone'
  | 'delete' | 'deleteLead' | 'deleteDone' | 'restore' | 'restoreLead' | 'restoreDone';

interface Props {
  person: Schemas['Person'];
  title: Asked;
  lead: Said;
  label: Said;
  done: Said;
  danger?: boolean;
  reason?: 'optional' | 'required';
  /** The address has to be typed. */
  typed?: boolean;
  run: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something is done to a person, and reads anew what there is of them. */
export function Ask({ person, title, lead, label, done, danger, reason = 'required', typed = false, run, onClose }: Props) {
  const { t } = useText();
  const client = useQueryClient();
  const tenant = useTenant();
  return (
    <ConfirmDialog
      title={t(title, { name: person.name || person.email })}
      label={t(label)}
      danger={danger}
      reason={reason}
      typed={typed ? person.email : undefined}
      run={run}
      onDone={async () => {
        onClose();
        say(t(done));
        await client.invalidateQueries({ queryKey: person.self ? ['me'] : ['t', tenant] });
      }}
      onClose={onClose}
    >
      <p>{t(lead)}</p>
    </ConfirmDialog>
  );
}
