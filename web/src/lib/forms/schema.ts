import type { FormComponent, FormSchema } from '../api'
import type { LanguageCode } from '../language.svelte'

/** Every field of a form that carries a value, also those inside groups and lists. */
export function fieldsOf(components: FormComponent[]): FormComponent[] {
  return components.flatMap((component) => [
    ...(component.key ? [component] : []),
    ...fieldsOf(component.components ?? []),
  ])
}

export function hasField(schema: FormSchema, key: string): boolean {
  return fieldsOf(schema.components).some((field) => field.key === key)
}

/**
 * Top-level keys whose values may name or describe a person: the class the form states, free text by default, file
 * names always. A list is personal when anything inside it is.
 */
export function personalFields(schema: FormSchema): Set<string> {
  const isPersonal = (component: FormComponent): boolean => {
    const stated = component.properties?.dataClass
    if (component.components) return component.components.some(isPersonal)
    if (component.type === 'filepicker') return true
    if (stated) return stated !== 'none'
    return component.type === 'textfield' || component.type === 'textarea'
  }
  const collect = (components: FormComponent[]): string[] =>
    components.flatMap((component) => {
      if (component.path) return isPersonal(component) ? [component.path.split('.')[0]!] : []
      if (component.components) return collect(component.components)
      return component.key && isPersonal(component) ? [component.key.split('.')[0]!] : []
    })
  return new Set(collect(schema.components))
}

type Option = { label: string; value: string; 'label.en'?: string; properties?: Record<string, string> }

const TRANSLATED = ['label', 'text', 'description', 'dateLabel', 'timeLabel'] as const

/**
 * The form in the reader's language. Labels stand in Chinese in the schema and in English beside it
 * ("label.en" among the properties, or beside the label of an option). Buttons are dropped: the pane has its own.
 */
export function localise(schema: FormSchema, language: LanguageCode, masked: readonly string[]): FormSchema {
  const copy = structuredClone(schema)
  copy.components = localiseAll(copy.components, language, new Set(masked))
  return copy
}

function localiseAll(components: FormComponent[], language: LanguageCode, masked: Set<string>): FormComponent[] {
  return components
    .filter((component) => component.type !== 'button')
    .map((component) => {
      const local: FormComponent = { ...component }
      if (language === 'en') translate(local)
      if (component.key && masked.has(component.key)) local.disabled = true
      if (component.components) local.components = localiseAll(component.components, language, masked)
      return local
    })
}

function translate(component: FormComponent): void {
  for (const name of TRANSLATED) {
    const english = component.properties?.[`${name}.en`]
    if (english) component[name] = english
  }
  const validate = component.validate as Record<string, unknown> | undefined
  const pattern = component.properties?.['patternErrorMessage.en']
  if (validate && pattern) component.validate = { ...validate, patternErrorMessage: pattern }
  if (Array.isArray(component.values)) {
    component.values = (component.values as Option[]).map((option) => ({
      ...option,
      label: option['label.en'] ?? option.properties?.['label.en'] ?? option.label,
    }))
  }
}
