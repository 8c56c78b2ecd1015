import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { Checkbox, Select } from '../../parts/fields';
import { Form } from '../../parts/Form';
import { PageHead } from '../../parts/PageHead';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Progress } from '../../parts/small';
import { Forbidden } from '../../parts/states';
import { useFilters } from '../../search';
import { useSite } from '../../site';
import { useAction } from '../../useAction';
import { asked, usersSearch } from '../users/search';
import { useText as useUsersText } from '../users/texts';
import { type Counted, type Made, fetchFile, save } from './fetchFile';
import { useText } from './texts';

/** Writes accounts into a file: those of the filters that the list of users was left with. */
export function Page() {
  const { t } = useText();
  const tenant = useTenant();
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} up={<Link to="/t/$tenant/users" params={{ tenant }}>{t('users')}</Link>} />
      {useMay('operator') ? <Export /> : <Forbidden />}
    </>
  );
}

function Export() {
  const { t } = useText();
  const { t: users, texts } = useUsersText();
  const { locale } = useSite();
  const tenant = useTenant();
  const isOwner = useMay('owner');
  const action = useAction();
  const stop = useRef<AbortController | null>(null);
  const [filter] = useFilters(usersSearch);
  const [format, setFormat] = useState<'csv' | 'jsonl'>('csv');
  const [hashes, setHashes] = useState(false);
  const [counted, setCounted] = useState<Counted | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  useEffect(() => () => { stop.current?.abort(); }, []);
  const number = (value: number) => new Intl.NumberFormat(locale).format(value);
  const { q, state, role, from, to } = filter;
  const filtered = Boolean(q ?? state ?? role ?? from ?? to);
  const start = () => {
    setMade(null);
    action.begin(() => {
      const ended = new AbortController();
      stop.current = ended;
      const query = { ...asked(filter), format, ...(hashes && { hashes: 'true' }) };
      action.run(() => fetchFile(tenant, query, setCounted, ended.signal), (file) => {
        setCounted(null);
        if (!file) return;
        setMade(file);
        save(file);
      });
    });
  };
  return (
    <Panel title={t('what')}>
      <div className="stack">
        <p>{filtered ? t('filtered') : t('all')}</p>
        {filtered ? (
          <DefinitionList
            items={[
              { label: users('search'), value: q ? <bdi>{q}</bdi> : null },
              { label: users('state'), value: state ? texts.states[state] : null },
              { label: users('role'), value: role },
              { label: users('created'), value: from ?? to ? `${from ?? '…'} – ${to ?? '…'}` : null },
            ].filter(({ value }) => value)}
          />
        ) : null}
        <Form action={action} onSend={start}>
          <Select label={t('format')} value={format} options={[{ value: 'csv', label: t('csv') }, { value: 'jsonl', label: t('jsonl') }]} onChange={setFormat} />
          {isOwner ? <Checkbox checked={hashes} hint={t('hashesHint')} onChange={setHashes}>{t('hashes')}</Checkbox> : null}
          <div className="actions">
            <Button type="submit" kind="main" busy={action.busy}>{t('start')}</Button>
            {action.busy ? <Button onClick={() => { stop.current?.abort(); }}>{t('stop')}</Button> : null}
          </div>
        </Form>
        {counted ? (
          <>
            <Progress label={t('progress')} value={counted.total ? Math.min(counted.rows, counted.total) : undefined} max={counted.total || 1} />
            <p>{t('count', { count: number(counted.rows) })}</p>
          </>
        ) : null}
        <p role="status">{made ? t('done', { count: number(made.rows) }) : ''}</p>
        {made ? <div className="actions"><Button onClick={() => { save(made); }}>{t('save')}</Button></div> : null}
      </div>
    </Panel>
  );
}
