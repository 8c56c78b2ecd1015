import { type Ref } from 'react';
import { usePage } from '../page';
import { Mark } from './icons';

interface Props {
  title: string;
  /** A heading that takes the place of a form takes focus as well, and needs a way to be given it. */
  focus?: Ref<HTMLHeadingElement>;
}

/** The title under the client's logo, or else the tenant's; our own mark holds the place until there is one, so that nothing moves. */
export function Heading({ title, focus }: Props) {
  const { view, dialect } = usePage();
  const { logo } = view.client;
  return (
    <>
      <div className="logo">
        {/* As wide as it is: what moves is to its side, where there is nothing. */}
        {dialect.when(logo, <img src={logo} alt="" height="48" />)}
        {dialect.when(dialect.not(logo), <Mark />)}
      </div>
      <h1 ref={focus} tabIndex={focus ? -1 : undefined}>
        {title}
      </h1>
    </>
  );
}
