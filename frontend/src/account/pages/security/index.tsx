import { Linked } from './Linked';
import { Passkeys } from './Passkeys';
import { Password } from './Password';
import { TwoStep } from './TwoStep';

export function Security() {
  return (
    <>
      <Password />
      <TwoStep />
      <Passkeys />
      <Linked />
    </>
  );
}
