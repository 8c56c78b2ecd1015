import { usePage } from '../page';
import { Elsewhere } from './icons';

/** Where else one may sign in. Links and no buttons: an answer to a form must not lead to another site. */
export function Providers() {
  const { view, t, dialect } = usePage();
  return dialect.when(
    view.providers.length,
    <div className="providers" role="group" aria-label={t('others')}>
      {dialect.each(view.providers, ({ id, name }) => (
        <a className="button quiet" href={`/login/provider/${id}?flow=${view.flow}`}>
          <Elsewhere />
          <span>{dialect.pick(id, { google: t('withGoogle') }, t('withProvider', { provider: name }))}</span>
        </a>
      ))}
    </div>,
  );
}
