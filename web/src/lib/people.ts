import type { User } from './api'
import { roleName } from './roles'
import { session } from './session.svelte'
import type { Texts } from './texts/zh'

/** A person among others: the name with the user name behind it; demo users are named after their role alone. */
export function personName(user: User): string {
  return session.demo || !user.name || user.name === user.id ? user.id : `${user.name} (${user.id})`
}

/** The same with the roles, to choose from. */
export function personLabel(user: User, t: Texts): string {
  return [personName(user), user.roles.map((role) => roleName(role.code)).join(t.separator)].filter(Boolean).join(' · ')
}
