// Reads a JSON list of LogQL expressions, and writes a JSON list of what is wrong with them.
import { parser } from '@grafana/lezer-logql';

let given = '';
for await (const part of process.stdin) given += part;

const complaints = [];
for (const expression of JSON.parse(given)) {
  let wrong = expression.trim() === '' ? 'it is empty' : '';
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError && !wrong) wrong = `unexpected at ${node.from}: ${expression.slice(node.from, node.from + 20)}`;
    },
  });
  if (wrong) complaints.push(`${expression}: ${wrong}`);
}
process.stdout.write(JSON.stringify(complaints));
