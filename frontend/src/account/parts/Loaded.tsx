import { type ReactNode, useRef } from 'react';
import { useSite } from '../context';
import type { Loading } from '../useLoad';
import { Button } from './Button';
import { Trouble } from './Trouble';

/** The place of what is on its way. */
export function Waiting() {
  const { t } = useSite();
  return (
    <div className="panel waiting" role="status">
      <span className="unseen">{t('loading')}</span>
      <i /><i /><i />
    </div>
  );
}

interface Props<T> {
  state: Loading<T>;
  retry: () => void;
  children: (value: T) => ReactNode;
}

export function Loaded<T>({ state, retry, children }: Props<T>) {
  const { t } = useSite();
  const box = useRef<HTMLDivElement>(null);
  const again = () => {
    // The button goes away with the problem.
    box.current?.focus();
    retry();
  };
  return (
    <div className="loaded" ref={box} tabIndex={-1}>
      {state.status === 'ready' ? children(state.value) : null}
      {state.status === 'loading' ? <Waiting /> : null}
      {state.status === 'failed' ? (
        <div className="panel">
          <Trouble problem={state.problem} />
          <div className="actions"><Button onClick={again}>{t('tryAgain')}</Button></div>
        </div>
      ) : null}
    </div>
  );
}
