// Items for whoever watches the run.
import { host } from '#host';
import { text } from './call.js';
import { stringify } from './json.js';

export function publish(name, item) {
  host.updates.publish(text(name, 'the name of the item'), stringify(item, `the item \`${name}\``).toWellFormed());
}
