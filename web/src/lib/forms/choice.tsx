import { Select } from '@bpmn-io/form-js-viewer'
import { describedBy, Frame, type FieldProps, type Surroundings } from './field'

type Option = { label: string; value: string }

/**
 * A native select for fixed options: the list of form-js has no role for screen readers, an English placeholder that
 * cannot be translated, and opens beneath the keyboard of a phone. Options computed by an expression stay form-js's.
 */
export function choiceField(_: Surroundings) {
  function Choice(props: FieldProps<string | null>) {
    const { field, value, onChange, onBlur, onFocus, disabled, readonly, errors, domId } = props
    const options = field.values as Option[] | undefined
    if (!options || field.searchable) return <Select {...props} />
    return (
      <Frame type="choice" {...{ field, domId, errors, disabled, readonly }}>
        <select
          class="fjs-input choice"
          id={domId}
          disabled={disabled || readonly}
          aria-describedby={describedBy(domId)}
          aria-required={field.validate?.required ?? false}
          value={value ?? ''}
          onChange={(event) => onChange({ value: event.currentTarget.value || null })}
          onFocus={onFocus}
          onBlur={onBlur}
        >
          <option value=""></option>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </Frame>
    )
  }
  Choice.config = Select.config
  return Choice
}
