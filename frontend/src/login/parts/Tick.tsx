import { usePage } from '../page';
import { useFault } from './Fault';

/** A box that has to be ticked to go on. */
export function Tick({ name, children }: { name: string; children: string }) {
  const { dialect } = usePage();
  const { wrong, id, fault } = useFault(name);
  return (
    <div className="field">
      <label className="check">
        <input
          id={name}
          type="checkbox"
          name={name}
          value="on"
          required
          {...dialect.given(wrong, { 'aria-invalid': true, 'aria-describedby': id })}
        />
        <span>{children}</span>
      </label>
      {fault}
    </div>
  );
}
