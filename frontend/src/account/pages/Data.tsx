import { useState } from 'react';
import { safeLink } from '../../login/answer';
import { call } from '../api';
import { useOverview, useSite } from '../context';
import { download } from '../download';
import { Button } from '../parts/Button';
import { Dialog } from '../parts/Dialog';
import { Field } from '../parts/Field';
import { Panel } from '../parts/Panel';
import { Trouble } from '../parts/Trouble';
import { useAction } from '../useAction';

function Export() {
  const { t } = useSite();
  const action = useAction();
  const [news, setNews] = useState('');
  const take = () => {
    setNews('');
    // By request, and not by a link that downloads: what may come is a problem.
    action.run(() => call<object>('GET', '/api/account/export'), (content) => {
      download('authway-account.json', 'application/json', `${JSON.stringify(content, null, 2)}\n`);
      setNews(t('exported'));
    });
  };
  return (
    <Panel title={t('export')} lead={t('exportLead')} news={news}>
      <Trouble problem={action.problem} />
      <div className="actions">
        <Button kind="main" busy={action.busy} onClick={() => { action.begin(take); }}>{t('exportDo')}</Button>
      </div>
    </Panel>
  );
}

function Ask({ onClose }: { onClose: () => void }) {
  const { t } = useSite();
  const { account } = useOverview();
  const action = useAction();
  const remove = ({ email }: Readonly<Record<string, string>>) => {
    action.run(() => call<{ redirectTo: string }>('DELETE', '/api/account', { email }), ({ redirectTo }) => {
      location.assign(safeLink(redirectTo) || '/signed-out');
      // Busy to the end: the session is gone.
      return new Promise(() => undefined);
    });
  };
  return (
    <Dialog title={t('deleteAsk')} label={t('deleteDo')} danger action={action} fields={['email']} onSend={remove} onClose={onClose}>
      <p>{t('deleteGrace')}</p>
      <Field
        name="email"
        type="email"
        label={t('deleteType', { email: account.email })}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        dir="ltr"
      />
    </Dialog>
  );
}

function Delete() {
  const { t } = useSite();
  const action = useAction();
  const [asking, setAsking] = useState(false);
  return (
    <Panel title={t('deleteAccount')} lead={t('deleteLead')} danger>
      <ul className="points">
        <li>{t('lostSignIn')}</li>
        <li>{t('lostApps')}</li>
        <li>{t('lostData')}</li>
      </ul>
      <p>{t('deleteGrace')}</p>
      <Trouble problem={action.problem} />
      <div className="actions">
        <Button kind="danger" onClick={() => { action.begin(() => { setAsking(true); }); }}>{t('deleteDo')}</Button>
      </div>
      {asking ? <Ask onClose={() => { setAsking(false); }} /> : null}
    </Panel>
  );
}

export function Data() {
  return (
    <>
      <Export />
      <Delete />
    </>
  );
}
