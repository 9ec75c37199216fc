import { Form } from '@bpmn-io/form-js-viewer'
import '@bpmn-io/form-js-viewer/dist/assets/form-js.css'
import type { FieldFault, FormData, FormSchema } from '../api'
import type { Texts } from '../texts/zh'
import { numberField } from './amount'
import { choiceField } from './choice'
import type { Surroundings } from './field'
import { filesField } from './files'
import './form.css'
import { momentField } from './moment'
import { localise } from './schema'
import { translator } from './translations'

type Options = Surroundings & {
  container: HTMLElement
  schema: FormSchema
  data: FormData
  masked: readonly string[]
  readonly: boolean
  onChange: (data: FormData) => void
}

type FormState = { data: FormData; errors: Record<string, unknown>; schema: FormSchema }
type RegisteredField = { id: string; key?: string; path?: string; _parent?: string }

/** A form of a task on the page. One object per form, task and language; destroy() it before the next. */
export class OpenForm {
  readonly #form: Form

  readonly #container: HTMLElement

  private constructor(form: Form, container: HTMLElement) {
    this.#form = form
    this.#container = container
  }

  static async open(options: Options): Promise<OpenForm> {
    const { container, schema, data, masked, readonly, onChange, ...surroundings } = options
    const settings = {
      container,
      // form-js would hold text back for 300 ms, and lose it when another field changes meanwhile (a finished upload).
      debounce: false,
      properties: { readOnly: readonly },
      additionalModules: [ownFields(surroundings), { translate: ['value', translator(surroundings.language)] }],
    }
    const form = new Form(settings)
    await form.importSchema(localise(schema, surroundings.language, masked), data)
    const open = new OpenForm(form, container)
    form.on('changed', () => requestAnimationFrame(() => open.#nameRowButtons(options.t)))
    open.#nameRowButtons(options.t)
    let last = JSON.stringify(open.#state.data)
    // Fields also report what they were given; only what has really changed is a draft.
    form.on('field.updated', () =>
      queueMicrotask(() => {
        const entered = JSON.stringify(open.#state.data)
        if (entered !== last) onChange(JSON.parse((last = entered)))
      }),
    )
    return open
  }

  get #state(): FormState {
    return this.#form._getState() as FormState
  }

  setReadonly(readonly: boolean): void {
    this.#form.setProperty('readOnly', readonly)
  }

  /** The values to send, or how many fields are faulty; the first of them then has the focus. */
  submit(): { data: FormData } | { faulty: number } {
    const { data, errors } = this.#form.submit()
    const faulty = Object.keys(errors).length
    if (faulty === 0) return { data: emptyAsNull(data) as FormData }
    this.#focusFirstFault()
    return { faulty }
  }

  /** What is known so far, without the fields nobody has filled in: an attempt is saved as it is. */
  partial(): FormData {
    const entered = emptyAsNull(this.#form._getSubmitData()) as FormData
    return Object.fromEntries(Object.entries(entered).filter(([, value]) => value !== null && value !== false))
  }

  /** Puts the server's sentences at their fields; returns those whose field is not part of this form. */
  showFaults(faults: FieldFault[], language: 'zh' | 'en'): FieldFault[] {
    const errors: Record<string, unknown> = {}
    const elsewhere = faults.filter((fault) => !this.#place(errors, fault, fault[language] || fault.zh))
    this.#form._setState({ errors })
    this.#focusFirstFault()
    return elsewhere
  }

  destroy(): void {
    this.#form.destroy()
  }

  /** form-js names these buttons in English whatever the language. */
  #nameRowButtons(t: Texts): void {
    const buttons = this.#container.querySelectorAll('.fjs-repeat-row-remove')
    buttons.forEach((button, index) => button.setAttribute('aria-label', t.fields.removeRow(index + 1)))
  }

  /** "lines[1].item", "lines.1.item" and "contact" all find their field; rows of a list are counted from 0. */
  #place(errors: Record<string, unknown>, fault: FieldFault, text: string): boolean {
    const path = (fault.field ?? '').replace(/\[(\d+)\]/g, '.$1').split('.').filter(Boolean)
    const names = path.filter((part) => !/^\d+$/.test(part))
    const rows = path.filter((part) => /^\d+$/.test(part)).map(Number)
    const registry = this.#form.get<{ getAll(): RegisteredField[] }>('formFieldRegistry')
    const field = registry.getAll().find((field) => this.#pathOf(field).join('.') === names.join('.'))
    if (!field) return false
    let place = errors
    for (const key of [field.id, ...rows.slice(0, -1)]) {
      if (rows.length === 0) break
      place = (place[key] ??= {}) as Record<string, unknown>
    }
    const last = rows.length === 0 ? field.id : rows[rows.length - 1]!
    place[last] = [...((place[last] as string[] | undefined) ?? []), text]
    return true
  }

  #pathOf(field: RegisteredField): string[] {
    const paths = this.#form.get<{ getValuePath(field: RegisteredField): string[] }>('pathRegistry')
    return field.key || field.path ? paths.getValuePath(field) : []
  }

  #focusFirstFault(): void {
    // The faults are rendered after this turn of the event loop.
    requestAnimationFrame(() => {
      const faulty = this.#container.querySelector('.fjs-has-errors')
      faulty?.querySelector<HTMLElement>('input:not([type=hidden]), textarea, select, button')?.focus()
      faulty?.scrollIntoView({ block: 'center' })
    })
  }
}

function ownFields(surroundings: Surroundings) {
  class OwnFields {
    static $inject = ['formFields']

    constructor(formFields: { register(type: string, field: unknown): void }) {
      formFields.register('datetime', momentField(surroundings))
      formFields.register('filepicker', filesField(surroundings))
      formFields.register('number', numberField(surroundings))
      formFields.register('select', choiceField(surroundings))
    }
  }
  return { __init__: ['ownFields'], ownFields: ['type', OwnFields] }
}

/** Nothing entered is null for the server, whether the field is empty text or has never been touched. */
function emptyAsNull(value: unknown): unknown {
  if (value === '' || value === undefined) return null
  if (Array.isArray(value)) return value.map(emptyAsNull)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, emptyAsNull(inner)]))
}
