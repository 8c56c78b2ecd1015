import { useEffect, useRef } from 'react';
import { faultsOf, noticesOf, sayable, usePage } from '../page';
import { Check, Warning } from './icons';

/**
 * What went wrong with the form as a whole, and focus for whatever went wrong: this summary, or else the
 * field. `fields` are those the page has: a problem with any other field is the form's. What went well is
 * told in the same place, and leaves focus where it is.
 */
export function Alert({ fields }: { fields: readonly string[] }) {
  const page = usePage();
  const { view, catalog, t, dialect, problems } = page;
  const { alert, field } = view;
  const summary = useRef<HTMLDivElement>(null);
  const aboutField = dialect.any(...fields.map((name) => dialect.is(field, name)));

  useEffect(() => {
    if (!alert) return;
    const input = fields.includes(field) ? document.getElementById(field) : null;
    (input ?? summary.current)?.focus();
    if (input instanceof HTMLInputElement) input.select();
  }, [alert, field, fields, problems]);

  const notices = noticesOf(page);
  const notice = dialect.any(...Object.keys(notices).map((code) => dialect.is(alert, code)));
  // A function may leave out which field it means.
  const ofFields = Object.fromEntries(fields.flatMap((name) => Object.entries(faultsOf(page, name))));
  const texts = { ...ofFields, ...sayable(view.page, catalog.alerts), ...dialect.scripted(catalog.scripted) };
  return (
    <>
      {dialect.when(
        dialect.all(alert, dialect.not(notice), dialect.not(aboutField)),
        <div className="alert" role="alert" tabIndex={-1} ref={summary}>
          <Warning />
          <div>
            <p>{dialect.pick(alert, texts, catalog.alerts.internal)}</p>
            {dialect.when(view.wait, <p>{t('wait', { time: view.wait })}</p>)}
            {dialect.when(
              dialect.all(view.reference, dialect.any(dialect.is(alert, 'unavailable'), dialect.is(alert, 'internal'))),
              <p>{t('reference', { reference: view.reference })}</p>,
            )}
          </div>
        </div>,
      )}
      {dialect.when(
        notice,
        <div className="notice" role="status">
          <Check />
          <p>{dialect.pick(alert, notices, '')}</p>
        </div>,
      )}
    </>
  );
}
