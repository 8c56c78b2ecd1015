import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { textOf } from '../../catalog';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog } from '../../parts/Dialog';
import { FileTrigger } from '../../parts/fields';
import { Form } from '../../parts/Form';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Badge, Progress } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { Trouble } from '../../parts/Trouble';
import { asProblem, Problem } from '../../problem';
import { useSite } from '../../site';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { Findings } from './Findings';
import { held, hold, sameFile, send } from './send';
import { useText } from './texts';

type Import = Schemas['Import'];

const open = ({ state }: Import) => state === 'waiting' || state === 'running';

/** One import: how far it is, what was found, and what can be done with it. */
export function Under({ id, onOther }: { id: string; onOther: (id: string | undefined) => void }) {
  const tenant = useTenant();
  const query = useQuery({
    queryKey: ['t', tenant, 'imports', id],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/imports/{id}', { params: { path: { tenant, id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data && open(data) ? 2_000 : false),
  });
  return <Loaded query={query}>{(now) => <Shown now={now} onOther={onOther} />}</Loaded>;
}

/** Sends the file that is held, once, and says how it goes. */
function useSending(now: Import) {
  const tenant = useTenant();
  const client = useQueryClient();
  const under = useRef<AbortController | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async (file: File) => {
    if (under.current) return;
    const stop = new AbortController();
    under.current = stop;
    setBusy(true);
    setProblem(null);
    const tell = (next: Import) => { client.setQueryData(['t', tenant, 'imports', now.id], next); };
    const place = () => ask(api.GET('/tenants/{tenant}/imports/{id}', { params: { path: { tenant, id: now.id } }, signal: stop.signal }));
    try {
      // A piece that had left before the page was loaded again may have arrived since, and arrive even now.
      await send(tenant, file, await place(), tell, stop.signal).catch(async (error: unknown) => {
        const moved = asProblem(error).code === 'import_position' ? await place() : null;
        if (!moved || !(await sameFile(file, moved))) throw error;
        await send(tenant, file, moved, tell, stop.signal);
      });
    } catch (error) {
      if (!stop.signal.aborted) setProblem(asProblem(error));
    }
    if (under.current === stop) under.current = null;
    if (stop.signal.aborted) return;
    setBusy(false);
    await Promise.all(['imports', 'users', 'invitations'].map((list) => client.invalidateQueries({ queryKey: ['t', tenant, list] })));
  };
  useEffect(() => {
    const file = held(now.id);
    const soon = file && open(now) ? setTimeout(() => { void go(file); }) : undefined;
    return () => {
      clearTimeout(soon);
      under.current?.abort();
      under.current = null;
    };
    // Once for each import: what it comes to is told by the pieces.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [now.id]);
  return { busy, problem, go };
}

function Shown({ now, onOther }: { now: Import; onOther: (id: string | undefined) => void }) {
  const { t, texts } = useText();
  const { locale } = useSite();
  const mayChange = useMay('operator');
  const tenant = useTenant();
  const client = useQueryClient();
  const [cancelling, setCancelling] = useState(false);
  const { busy, problem, go } = useSending(now);
  const number = (value: number) => new Intl.NumberFormat(locale).format(value);
  const waits = open(now) && !busy && now.own;
  return (
    <Panel
      title={now.name || t('unnamed')}
      actions={(
        <>
          {open(now) && mayChange ? <Button kind="danger" onClick={() => { setCancelling(true); }}>{t('cancel')}</Button> : null}
          {busy ? null : <Button onClick={() => { onOther(undefined); }}>{t('another')}</Button>}
        </>
      )}
    >
      <div className="stack">
        <p className="actions" role="status">
          <Badge tone={now.state === 'done' ? 'good' : now.state === 'failed' ? 'bad' : 'plain'}>{busy ? texts.states.running : texts.states[now.state]}</Badge>
          {now.dryRun ? <Badge tone="warn">{t('trial')}</Badge> : null}
          {now.trouble ? <span>{textOf(texts.findings, now.trouble)}</span> : null}
        </p>
        <Progress label={t('progress')} value={now.position} max={now.size} />
        <DefinitionList
          items={[
            { label: now.dryRun ? t('wouldCreate') : t('created'), value: number(now.created) },
            { label: t('updated'), value: number(now.updated) },
            { label: t('skipped'), value: number(now.skipped) },
            { label: t('failed'), value: number(now.failed) },
            { label: t('lines'), value: number(now.line) },
          ]}
        />
        <Trouble problem={problem} />
        {waits ? <Resume now={now} onFile={(file) => { hold(now.id, file); void go(file); }} /> : null}
        {now.state === 'done' && now.dryRun && mayChange ? <RunIt now={now} onBegun={onOther} /> : null}
        <Findings of={now} />
      </div>
      {cancelling ? (
        <ConfirmDialog
          title={t('cancelAsk', { name: now.name || t('unnamed') })} label={t('cancel')} danger
          run={(reason) => ask(api.POST('/tenants/{tenant}/imports/{id}/cancel', { params: { path: { tenant, id: now.id } }, body: { reason } }))}
          onDone={async (next) => {
            setCancelling(false);
            client.setQueryData(['t', tenant, 'imports', now.id], next);
            say(t('cancelled'));
            await client.invalidateQueries({ queryKey: ['t', tenant, 'imports'] });
          }}
          onClose={() => { setCancelling(false); }}
        >
          <p>{t('cancelLead')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}

/** Asks for the file again, which a reload has lost, and goes on where it stopped. */
function Resume({ now, onFile }: { now: Import; onFile: (file: File) => void }) {
  const { t } = useText();
  const action = useAction();
  const [file, setFile] = useState<File | null>(held(now.id));
  return (
    <Form
      action={action} fields={['file']}
      onSend={() => {
        if (!file) return;
        action.run(async () => {
          if (!await sameFile(file, now)) throw new Problem('import_differs', { field: 'file' });
          return file;
        }, onFile);
      }}
    >
      <FileTrigger name="file" label={t('again')} hint={t('againHint', { name: now.name || t('unnamed') })} required={!file} onFile={setFile} />
      <div className="actions"><Button type="submit" kind="main" busy={action.busy}>{t('goOn')}</Button></div>
    </Form>
  );
}

/** After the trial: the same file, in earnest. */
function RunIt({ now, onBegun }: { now: Import; onBegun: (id: string) => void }) {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const action = useAction();
  const [file, setFile] = useState<File | null>(held(now.id));
  const run = () => {
    if (!file) return;
    const { format, size, name, onExisting, sendInvitations } = now;
    action.run(async () => {
      if (!await sameFile(file, now)) throw new Problem('import_differs', { field: 'file' });
      return ask(api.POST('/tenants/{tenant}/imports', { params: { path: { tenant } }, body: { format, size, name, onExisting, sendInvitations, dryRun: false } }));
    }, async (begun) => {
      hold(begun.id, file);
      onBegun(begun.id);
      await client.invalidateQueries({ queryKey: ['t', tenant, 'imports'] });
    });
  };
  return (
    <Form action={action} fields={['file']} onSend={run}>
      <p>{now.failed ? t('trialFaults') : t('trialFine')}</p>
      {held(now.id) ? null : <FileTrigger name="file" label={t('again')} hint={t('againHint', { name: now.name || t('unnamed') })} required onFile={setFile} />}
      <div className="actions"><Button type="submit" kind="main" busy={action.busy}>{t('runNow')}</Button></div>
    </Form>
  );
}
