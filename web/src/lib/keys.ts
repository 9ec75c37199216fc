const TYPING = 'input, textarea, select, [contenteditable], .flatpickr-calendar, [role="listbox"]'

/** True while a key belongs to a field or a dialog, so that no letter typed there ever acts as a shortcut. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.isComposing || document.querySelector('dialog[open]')) return true
  return event.target instanceof Element && event.target.closest(TYPING) !== null
}

/** True where Enter already means something: it follows the link or presses the button that has the focus. */
export function hasOwnEnter(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest('a, button, summary') !== null
}

export function isPlain(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey
}

export function isComplete(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing
}
