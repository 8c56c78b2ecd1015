import type { CSSProperties } from 'react';
import type { Locale } from '../../../login/view';
import { useSite } from '../../site';
import type { Palette } from './accent';
import type { Draft } from './draft';
import { useText } from './texts';

// Authway's own, and what a page of the sign-in is drawn on: src/shared/tokens.css, which here follows the scheme of the dashboard.
const grounds = {
  light: { accent: '#0f6a58', on: '#ffffff', paper: '#f4f5f1', card: '#ffffff', ink: '#18211e', soft: '#55625d', edge: '#7d8a85' },
  dark: { accent: '#6fd1b6', on: '#06231c', paper: '#0f1412', card: '#171e1b', ink: '#e9eeeb', soft: '#a3b0aa', edge: '#73817b' },
} as const;
type Scheme = keyof typeof grounds;

function Card({ scheme, draft, palette, locale }: { scheme: Scheme; draft: Draft; palette: Palette | null; locale: Locale }) {
  const { t } = useText();
  const { accent, on, ...ground } = grounds[scheme];
  const colours = { ...ground, accent: palette?.[scheme].accent ?? accent, on: palette?.[scheme].on ?? on };
  const style = Object.fromEntries(Object.entries(colours).map(([name, value]) => [`--of-${name}`, value])) as CSSProperties;
  return (
    <figure className="preview" style={style} data-scheme={scheme}>
      <figcaption>{t(scheme)}</figcaption>
      <div className="page">
        <p className="whose"><bdi>{draft.name}</bdi></p>
        <div className="card">
          {draft.logo ? <img src={draft.logo} alt="" /> : null}
          <p className="title">{t('signIn')}</p>
          {draft.welcome[locale] ? <p><bdi>{draft.welcome[locale]}</bdi></p> : null}
          <span className="entry">{t('email')}</span>
          <span className="press">{t('signIn')}</span>
          <p className="way">{t('forgot')}</p>
          {draft.registration === 'open' ? <p className="soft">{t('newHere')} <span className="way">{t('createAccount')}</span></p> : null}
        </div>
        <p className="soft">
          {([['support', draft.support], ['privacy', draft.privacy], ['terms', draft.terms]] as const)
            .filter(([, address]) => address).map(([name]) => <span key={name}>{t(name)}</span>)}
        </p>
      </div>
    </figure>
  );
}

/** The sign-in page as it would be, in both schemes. It is a drawing: nothing in it can be pressed. */
export function Preview(props: { draft: Draft; palette: Palette | null }) {
  const { locale } = useSite();
  const { t } = useText();
  return (
    <div className="previews" role="group" aria-label={t('preview')}>
      <Card scheme="light" locale={locale} {...props} />
      <Card scheme="dark" locale={locale} {...props} />
    </div>
  );
}
