import { usePage } from '../page';
import { Field } from './Field';

interface Props {
  autoComplete: string;
  hint?: string;
  /** Whether typing starts here when the page opens and nothing went wrong. */
  first?: boolean;
}

export function Email({ autoComplete, hint, first = false }: Props) {
  const { view, t, dialect } = usePage();
  const focus = first ? dialect.given(dialect.not(dialect.any(view.alert, view.email)), { autoFocus: true }) : {};
  return (
    <Field
      name="email"
      type="email"
      label={t('email')}
      hint={hint}
      defaultValue={view.email}
      autoComplete={autoComplete}
      autoCapitalize="none"
      spellCheck={false}
      dir="ltr"
      maxLength={254}
      {...focus}
    />
  );
}
