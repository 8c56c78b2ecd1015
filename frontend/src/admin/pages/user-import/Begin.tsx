import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { Checkbox, FileTrigger, Select } from '../../parts/fields';
import { Form } from '../../parts/Form';
import { Panel } from '../../parts/Panel';
import { Problem } from '../../problem';
import { useAction } from '../../useAction';
import { formatOf, hold } from './send';
import { useText } from './texts';

const most = 64 << 20;

/** Chooses a file, and how it is taken in. It begins with a trial, unless that is not wanted. */
export function Begin({ onBegun }: { onBegun: (id: string) => void }) {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const action = useAction();
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<'csv' | 'jsonl'>('csv');
  const [onExisting, setOnExisting] = useState<'skip' | 'fail' | 'update'>('skip');
  const [invite, setInvite] = useState(false);
  const [trial, setTrial] = useState(true);
  const choose = (next: File | null) => {
    setFile(next);
    action.refuse(next && next.size > most ? new Problem('file_large', { field: 'size' }) : null);
    if (next) void formatOf(next).then(setFormat);
  };
  const send = () => {
    if (!file || !file.size || file.size > most) {
      action.refuse(new Problem(file && file.size > most ? 'file_large' : 'file_required', { field: 'size' }));
      return;
    }
    const body = { format, size: file.size, name: file.name.slice(0, 200), dryRun: trial, onExisting, sendInvitations: invite };
    action.run(() => ask(api.POST('/tenants/{tenant}/imports', { params: { path: { tenant } }, body })), async ({ id }) => {
      hold(id, file);
      onBegun(id);
      await client.invalidateQueries({ queryKey: ['t', tenant, 'imports'] });
    });
  };
  return (
    <Panel title={t('choose')} lead={t('chooseLead')}>
      <Form action={action} fields={['size']} onSend={send}>
        <FileTrigger name="size" label={t('file')} hint={t('fileHint')} accept=".csv,.jsonl,.ndjson,.json,text/csv" required onFile={choose} />
        <Select label={t('format')} value={format} options={[{ value: 'csv', label: t('csv') }, { value: 'jsonl', label: t('jsonl') }]} onChange={setFormat} />
        <Select
          label={t('onExisting')} value={onExisting} onChange={setOnExisting}
          options={[{ value: 'skip', label: t('skip') }, { value: 'update', label: t('update') }, { value: 'fail', label: t('fail') }]}
        />
        <Checkbox checked={invite} hint={t('inviteHint')} onChange={setInvite}>{t('invite')}</Checkbox>
        <Checkbox checked={trial} hint={t('trialHint')} onChange={setTrial}>{t('trialFirst')}</Checkbox>
        <div className="actions"><Button type="submit" kind="main" busy={action.busy}>{trial ? t('try') : t('run')}</Button></div>
      </Form>
    </Panel>
  );
}
