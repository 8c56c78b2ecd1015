import { useEffect, useState } from 'react';
import type { Schemas } from '../../api';
import { Select } from '../../parts/fields';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Copy } from '../../parts/small';
import { snippetOf } from './snippet';
import { useText } from './texts';

type Application = Schemas['Application'];

/** A text to copy, as it is. */
export function Sample({ label, text }: { label: string; text: string }) {
  return (
    <div className="stack">
      {/* It is left to right in every language, and can be scrolled by keyboard. */}
      <pre className="json" dir="ltr" tabIndex={0} role="region" aria-label={label}>{text}</pre>
      <Copy text={text} />
    </div>
  );
}

/** The addresses that a library wants. */
export function Endpoints({ id }: { id: string }) {
  const { t } = useText();
  const issuer = window.location.origin;
  return (
    <DefinitionList items={[
      { label: t('clientId'), value: <><code dir="ltr">{id}</code> <Copy text={id} /></> },
      { label: t('issuer'), value: <code dir="ltr">{issuer}</code> },
      { label: t('discovery'), value: <a dir="ltr" href="/.well-known/openid-configuration" target="_blank" rel="noreferrer">{`${issuer}/.well-known/openid-configuration`}</a> },
    ]} />
  );
}

/** What a developer copies, and a way to see whether it works. */
export function Connect({ app }: { app: Application }) {
  const { t } = useText();
  return (
    <>
      <Panel title={t('connect')} lead={t('connectLead')}>
        <Endpoints id={app.id} />
        <Sample label={t('snippet')} text={snippetOf(app.kind, app.id, app.settings, window.location.origin)} />
      </Panel>
      {app.kind === 'machine' || !app.settings.redirectUris?.length ? null : <TryIt app={app} />}
    </>
  );
}

const word = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

async function challengeOf(verifier: string): Promise<string> {
  const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return btoa(String.fromCharCode(...new Uint8Array(sum))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Begins a sign-in as the application would (RFC 7636), in a tab of its own. */
function TryIt({ app }: { app: Application }) {
  const { t } = useText();
  const uris = app.settings.redirectUris ?? [];
  const [uri, setUri] = useState(uris[0] ?? '');
  const [verifier] = useState(word);
  const [state] = useState(word);
  const [challenge, setChallenge] = useState('');
  useEffect(() => {
    let gone = false;
    // Browsers have it over https and on the same machine only.
    void challengeOf(verifier).then((made) => { if (!gone) setChallenge(made); }).catch(() => undefined);
    return () => { gone = true; };
  }, [verifier]);
  const scope = (app.settings.scopes ?? []).filter((each) => !each.startsWith('authway.')).join(' ');
  const to = `/oauth2/auth?${new URLSearchParams({
    client_id: app.id, response_type: 'code', redirect_uri: uri, scope, state, nonce: state, code_challenge: challenge, code_challenge_method: 'S256',
  }).toString()}`;
  const redeem = [
    `curl ${window.location.origin}/oauth2/token \\`,
    `  -d grant_type=authorization_code -d client_id=${app.id} \\`,
    ...(app.secret.has ? ['  -d client_secret=SECRET \\'] : []),
    `  --data-urlencode redirect_uri=${uri} \\`,
    `  -d code_verifier=${verifier} -d code=CODE`,
  ].join('\n');
  return (
    <Panel title={t('tryIt')} lead={t('tryItLead')}>
      {uris.length > 1 ? <Select label={t('tryItAt')} value={uri} options={uris.map((value) => ({ value, label: value }))} onChange={setUri} /> : null}
      {challenge ? <p><a className="button main" href={to} target="_blank" rel="noreferrer">{t('tryItOpen')}</a></p> : null}
      <p className="hint">{t('tryItRedeem')}</p>
      <Sample label={t('tryItRedeem')} text={redeem} />
    </Panel>
  );
}
