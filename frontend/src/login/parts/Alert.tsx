import { useEffect, useRef } from 'react';
import { usePage } from '../page';
import { Warning } from './icons';

/**
 * What went wrong with the form as a whole, and focus for whatever went wrong: this summary, or else the
 * field. `fields` are those the page has: a problem with any other field is the form's.
 */
export function Alert({ fields }: { fields: readonly string[] }) {
  const { view, catalog, t, dialect, problems } = usePage();
  const { alert, field } = view;
  const summary = useRef<HTMLDivElement>(null);
  const aboutField = dialect.any(...fields.map((name) => dialect.is(field, name)));

  useEffect(() => {
    if (!alert) return;
    const input = fields.includes(field) ? document.getElementById(field) : null;
    (input ?? summary.current)?.focus();
    if (input instanceof HTMLInputElement) input.select();
  }, [alert, field, fields, problems]);

  return dialect.when(
    dialect.all(alert, dialect.not(aboutField)),
    <div className="alert" role="alert" tabIndex={-1} ref={summary}>
      <Warning />
      <div>
        <p>{dialect.pick(alert, catalog.alerts, catalog.alerts.internal)}</p>
        {dialect.when(view.retryAfter, <p>{t('wait', { seconds: view.retryAfter })}</p>)}
        {dialect.when(
          dialect.all(view.reference, dialect.any(dialect.is(alert, 'unavailable'), dialect.is(alert, 'internal'))),
          <p>{t('reference', { reference: view.reference })}</p>,
        )}
      </div>
    </div>,
  );
}
