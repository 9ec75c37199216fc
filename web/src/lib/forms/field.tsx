import { Description, Errors, Label } from '@bpmn-io/form-js-viewer'
import type { ComponentChildren } from 'preact'
import type { FormComponent } from '../api'
import type { LanguageCode } from '../language.svelte'
import type { Texts } from '../texts/zh'

/** What form-js hands to a field. `value` is of the field's own kind. */
export type FieldProps<Value> = {
  field: FormComponent & { validate?: { required?: boolean }; description?: string }
  value: Value
  onChange: (change: { value: Value }) => void
  onBlur: () => void
  onFocus: () => void
  disabled: boolean
  readonly: boolean
  errors: string[]
  domId: string
}

/** What our fields need from the page around the form. */
export type Surroundings = {
  t: Texts
  language: LanguageCode
  processInstanceId: string | null
  now: () => number
}

type FrameProps = {
  type: string
  field: FieldProps<unknown>['field']
  domId: string
  errors: string[]
  disabled: boolean
  readonly: boolean
  label?: string
  children: ComponentChildren
}

/** Label, control, description and faults, in the classes of form-js, so that our fields look like its own. */
export function Frame({ type, field, domId, errors, disabled, readonly, label, children }: FrameProps) {
  const state = `${errors.length ? ' fjs-has-errors' : ''}${disabled ? ' fjs-disabled' : ''}${readonly ? ' fjs-readonly' : ''}`
  return (
    <div class={`fjs-form-field fjs-form-field-${type}${state}`}>
      <Label htmlFor={domId} label={label ?? field.label} required={field.validate?.required} />
      {children}
      <Description id={`${domId}-description`} description={field.description} />
      <Errors id={`${domId}-error-message`} errors={errors} />
    </div>
  )
}

export function describedBy(domId: string): string {
  return `${domId}-description ${domId}-error-message`
}
