import type { Answer } from '../answer';
import type { StepCatalog } from '../catalog';
import { type Kind, type Page, useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Heading } from '../parts/Heading';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';
import { useTokenOutOfSight } from '../useTokenOutOfSight';

const fields: string[] = [];

const titleOf = ({ view, t, dialect }: Page<StepCatalog>) =>
  dialect.pick(view.purpose, { recover: t('confirmRecover') }, t('confirmEmail'));

/** Where a mail's link leads. A button uses it up, because scanners of mail open every link they find. */
function Confirm({ decide }: { decide: (answer: Answer) => string }) {
  const page = useStep();
  const { view, t, dialect } = page;
  const form = useForm(decide);
  useTokenOutOfSight();
  const recover = dialect.is(view.purpose, 'recover');
  return (
    <>
      <Heading title={titleOf(page)} />
      {dialect.when(view.account, <p className="lead">{view.account}</p>)}
      <form {...form.props}>
        <Alert fields={fields} />
        <p>{dialect.either(recover, t('confirmRecoverBody'), t('confirmEmailBody'))}</p>
        <Submit busy={form.busy}>{dialect.either(recover, t('continue'), t('confirm'))}</Submit>
        <Busy busy={form.busy} />
      </form>
    </>
  );
}

export const confirm: Kind<StepCatalog> = { title: titleOf, Content: Confirm };
