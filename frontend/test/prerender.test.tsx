// @vitest-environment node
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { finish, go, symbolic } from '../src/prerender/go';

const view = symbolic('login', 'en');
const draw = (element: React.ReactElement) => finish(renderToString(element));

test('values, branches, lists and attributes become actions', () => {
  expect(draw(<p title={view.name}>{`for ${view.email}`}</p>)).toBe('<p title="{{$.Name}}">for {{$.Email}}</p>');
  expect(draw(<p>{go.pick(view.alert, { a: 'A "x"', b: 'B' }, 'C')}</p>)).toBe(
    '<p>{{if eq $.Alert "a"}}A &quot;x&quot;{{else if eq $.Alert "b"}}B{{else}}C{{end}}</p>',
  );
  expect(draw(<ul>{go.each(view.scopes, ({ name }) => <li>{name}</li>)}</ul>)).toBe(
    '<ul>{{range $.Scopes}}<li>{{.Name}}</li>{{end}}</ul>',
  );
  expect(draw(<ul>{go.each(view.codes, (code) => <li>{code}</li>)}</ul>)).toBe('<ul>{{range $.Codes}}<li>{{.}}</li>{{end}}</ul>');
  expect(draw(<p>{go.each(view.methods, (method) => go.when(go.not(go.is(method, 'a')), <b title={`x:${method}`} />))}</p>)).toBe(
    '<p>{{range $.Methods}}{{if (not (eq . "a"))}}<b title="x:{{.}}"></b>{{end}}{{end}}</p>',
  );
  expect(draw(<p>{go.pick(view.alert, {}, 'C')}</p>)).toBe('<p>C</p>');
  expect(draw(<input {...go.given(go.is(view.field, 'email'), { 'aria-invalid': true })} />)).toBe(
    '<input{{if (eq $.Field "email")}} aria-invalid="true"{{end}}/>',
  );
  expect(draw(<div>{go.when(view.next, <b />)}{go.when(go.not(view.next), <i />)}</div>)).toBe(
    '<div>{{if $.Next}}<b></b>{{end}}{{if (not $.Next)}}<i></i>{{end}}</div>',
  );
});

test('what would not hydrate does not build', () => {
  expect(() => draw(<p>for {view.email}</p>)).toThrow('two texts');
  expect(() => draw(<p>a {go.when(view.next, <b />)}</p>)).toThrow('beside a text');
  expect(() => draw(<p>{go.when(view.next, <b />)} a</p>)).toThrow('beside a text');
});
