import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api, ask } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { DialogBox, Dialog } from '../../parts/Dialog';
import { Diff } from '../../parts/Diff';
import { TextArea } from '../../parts/fields';
import { Form } from '../../parts/Form';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/states';
import { asProblem } from '../../problem';
import { useSite } from '../../site';
import { say } from '../../toast';
import { useAction, useKept } from '../../useAction';
import { paletteOf } from './accent';
import { changesOf, type Draft, draftOf, editOf, type Settings } from './draft';
import { Preview } from './Preview';
import { Demands, Look, Words } from './sections';
import { useText } from './texts';

const kept = 'tenant-settings';
const fields = [
  'name', 'look.accent', 'look.logo', 'look.support', 'look.terms', 'look.privacy', 'look.welcome.en', 'look.welcome.ko', 'look.welcome.ar',
  'demands.registration', 'demands.minPassword', 'demands.sessionIdle', 'demands.sessionAbsolute',
];

/** How a tenant looks, what it demands and what it says. */
export function Page() {
  const { t } = useText();
  const tenant = useTenant();
  const query = useQuery({
    queryKey: ['t', tenant, 'settings'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}', { params: { path: { tenant } }, signal })),
  });
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      {/* Another tenant is another form. */}
      <Loaded query={query}>{(settings) => <Editor key={tenant} settings={settings} />}</Loaded>
    </>
  );
}

/** Asks before a page is left that holds what is not saved. */
function Unsaved({ on }: { on: boolean }) {
  const { t } = useText();
  const blocker = useBlocker({ shouldBlockFn: () => on, enableBeforeUnload: on, withResolver: true, disabled: !on });
  if (blocker.status !== 'blocked') return null;
  return (
    <DialogBox title={t('leave')} onClose={blocker.reset}>
      <p>{t('leaveLead')}</p>
      <div className="actions end">
        <Button onClick={blocker.reset}>{t('stay')}</Button>
        <Button kind="danger" onClick={blocker.proceed}>{t('leaveAnyway')}</Button>
      </div>
    </DialogBox>
  );
}

function Editor({ settings }: { settings: Settings }) {
  const { t, texts } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const readOnly = !useMay('owner');
  const action = useAction(kept);
  const [before] = useKept<{ of: string; base: Settings | null; draft: Draft | null }>(kept, { of: '', base: null, draft: null });
  const mine = before.of === tenant ? before : null;
  // What it was opened with: a change by others is taken over when it stands in the way.
  const [base, setBase] = useState(mine?.base ?? settings);
  const [draft, setDraft] = useState(mine?.draft ?? draftOf(settings));
  const [theirs, setTheirs] = useState<{ before: Draft; after: Draft } | null>(null);
  const [asking, setAsking] = useState(false);
  const set = (change: Partial<Draft>) => { setDraft((now) => ({ ...now, ...change })); };
  const palette = useMemo(() => paletteOf(draft.accent), [draft.accent]);
  const changes = changesOf(draft, draftOf(base));
  const any = Object.keys(changes).length > 0;

  const conflict = async () => {
    const fresh = await ask(api.GET('/tenants/{tenant}', { params: { path: { tenant } } }));
    setTheirs({ before: draftOf(base), after: draftOf(fresh) });
    setBase(fresh);
    setDraft({ ...draftOf(fresh), ...changes });
  };
  const send = (data: FormData) => {
    const reason = data.get('reason');
    const work = async () => {
      try {
        return await ask(api.PATCH('/tenants/{tenant}', {
          params: { path: { tenant } }, body: editOf(draft, base, typeof reason === 'string' ? reason : ''),
        }));
      } catch (error) {
        setAsking(false);
        if (asProblem(error).code === 'conflict') await conflict();
        throw error;
      }
    };
    action.run(work, async (saved) => {
      setAsking(false);
      setBase(saved);
      setDraft(draftOf(saved));
      setTheirs(null);
      client.setQueryData(['t', tenant, 'settings'], saved);
      say(t('saved'));
      await client.invalidateQueries({ queryKey: ['me'] });
    }, { of: tenant, base, draft });
  };
  const section = { draft, set, readOnly };
  return (
    <>
      <Unsaved on={any && !action.busy} />
      <Form action={action} fields={fields} onSend={() => { action.refuse(null); setAsking(true); }} className="stack">
        {theirs ? <div className="stack"><p>{t('theirs')}</p><Shown {...theirs} /></div> : null}
        <Look {...section} unreadable={draft.accent.length === 7 && !palette} refuse={action.refuse} />
        <Panel title={t('preview')} lead={t('previewLead')}><Preview draft={draft} palette={palette} /></Panel>
        <Words {...section} />
        <Demands {...section} settings={base} />
        {readOnly ? null : (
          <div className="actions">
            <Button type="submit" kind="main" busy={action.busy} disabled={!any}>{t('review')}</Button>
            {any ? <Button onClick={() => { setDraft(draftOf(base)); action.refuse(null); }}>{t('undo')}</Button> : null}
          </div>
        )}
      </Form>
      {asking ? (
        <Dialog title={t('reviewTitle')} wide action={action} label={t('save')} onSend={send} onClose={() => { setAsking(false); }}>
          <Shown before={draftOf(base)} after={draft} />
          {changes.requireMfa ? <p>{texts.warnings.requireMfa}</p> : null}
          <Why />
        </Dialog>
      ) : null}
    </>
  );
}

function Why() {
  const { t } = useSite();
  return <TextArea name="reason" label={t('reason')} hint={t('reasonHint')} rows={2} maxLength={500} />;
}

/** The difference in words: a picture is not shown as its letters. */
function Shown({ before, after }: { before: Draft; after: Draft }) {
  const { t, texts } = useText();
  const worded = ({ logo, allProviders, providers, ...rest }: Draft) => ({
    ...rest, logo: logo && (logo.startsWith('data:') ? t('newLogo') : t('oldLogo')), providers: allProviders ? t('allProviders') : providers.join(', ') || '–',
  });
  return <Diff before={worded(before)} after={worded(after)} names={texts.names} />;
}
