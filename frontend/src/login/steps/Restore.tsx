import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Heading } from '../parts/Heading';
import { Busy, Submit } from '../parts/Submit';
import { useForm, useHydrated } from '../useForm';

const fields: string[] = [];

/** An account that is on its way out, and the last way to keep it. */
export function Restore({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t } = useStep();
  const form = useForm(decide);
  const hydrated = useHydrated();
  const day = view.deleteAt;
  // The day alone is told (see forPage), so it is the same in every time zone.
  const format = new Intl.DateTimeFormat(view.locale, { dateStyle: 'long', timeZone: 'UTC' });
  const date = hydrated && day ? format.format(new Date(day)) : day;
  return (
    <>
      <Heading title={t('restore')} />
      <p className="lead">{t('restoreLead', { date })}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <Submit busy={form.busy} name="action" value="restore">{t('restoreKeep')}</Submit>
        <Busy busy={form.busy} />
        <button type="submit" className="link" name="action" value="leave" formNoValidate>{t('restoreLeave')}</button>
      </form>
    </>
  );
}
