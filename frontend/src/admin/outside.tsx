// What is drawn in the place of a page.

import type { ErrorComponentProps } from '@tanstack/react-router';
import { dropFactor } from './factor';
import { leave, secondFactorPath } from './leave';
import { Button } from './parts/Button';
import { DialogBox } from './parts/Dialog';
import { PageHead } from './parts/PageHead';
import { Empty, Forbidden, Missing } from './parts/states';
import { Trouble } from './parts/Trouble';
import { asProblem, type Problem } from './problem';
import { useSite } from './site';

/** For whom has no role anywhere. */
export function Nowhere() {
  const { t } = useSite();
  const links = (
    <>
      <a className="button main" href="/account/">{t('account')}</a>
      <a className="button quiet" href="/oauth2/sessions/logout">{t('signOut')}</a>
    </>
  );
  return (
    <>
      <PageHead title={t('nowhere')} />
      <Empty icon="lock" actions={links}>{t('nowhereLead')}</Empty>
    </>
  );
}

export function NotYours() {
  const { t } = useSite();
  return (
    <>
      <PageHead title={t('administration')} />
      <Forbidden />
    </>
  );
}

export function NoSuchPage() {
  const { t } = useSite();
  return (
    <>
      <PageHead title={t('administration')} />
      <Missing />
    </>
  );
}

export function Failed({ problem, retry }: { problem: Problem; retry: () => void }) {
  const { t } = useSite();
  return (
    <>
      <PageHead title={t('administration')} />
      <div className="panel"><Trouble problem={problem} retry={retry} /></div>
    </>
  );
}

/** A page that could not be drawn. What was thrown goes to the console, where it is looked for. */
export const Broken = ({ error, reset }: ErrorComponentProps) => <Failed problem={asProblem(error)} retry={reset} />;

/** Says that a second factor is needed, and leads there and back. */
export function Factor({ problem }: { problem: Problem }) {
  const { t } = useSite();
  return (
    <DialogBox title={t('factor')} onClose={dropFactor}>
      <div className="stack">
        <p>{t('factorLead')}</p>
        <div className="actions end">
          <Button onClick={dropFactor}>{t('cancel')}</Button>
          <Button kind="main" onClick={() => { leave(problem.next || secondFactorPath); }}>{t('confirmYou')}</Button>
        </div>
      </div>
    </DialogBox>
  );
}
