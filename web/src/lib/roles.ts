import { language } from './language.svelte'
import { session } from './session.svelte'

/** The name of a role as the server gives it for the reader's own roles, else as the catalogue of roles has it. */
export function roleName(code: string): string {
  const own = session.role(code)
  return own ? language.pick(own) : (language.texts.roles[code] ?? code)
}
