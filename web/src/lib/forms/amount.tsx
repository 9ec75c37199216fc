import { Numberfield } from '@bpmn-io/form-js-viewer'
import { useEffect, useState } from 'preact/hooks'
import { describedBy, Frame, type FieldProps, type Surroundings } from './field'

const UNIT_IN_LABEL = /\s*[(\uff08](fen|\u5206)[)\uff09]$/i

/** "1234.5" -> 123450 fen, by digits and never through a binary fraction. null: nothing entered; NaN: no amount. */
export function parseYuan(text: string): number | null {
  const typed = text.trim().replaceAll(',', '').replace(/^[¥\uffe5]/, '')
  if (typed === '') return null
  const found = /^(-?)(\d{1,11})(?:\.(\d{0,2}))?$/.exec(typed)
  if (!found) return NaN
  const fen = Number(found[2]) * 100 + Number((found[3] ?? '').padEnd(2, '0'))
  return found[1] ? -fen : fen
}

/** 123450 fen -> "1,234.50". */
export function formatYuan(fen: number | null | undefined): string {
  if (fen === null || fen === undefined || Number.isNaN(fen)) return ''
  const digits = String(Math.abs(fen)).padStart(3, '0')
  const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${fen < 0 ? '-' : ''}${yuan}.${digits.slice(-2)}`
}

/** The schema's label names the stored unit, as in "Amount (fen)"; the reader types yuan. */
function inYuan(label: string | undefined): string | undefined {
  return label?.replace(UNIT_IN_LABEL, '')
}

/** A number whose unit is fen is shown and typed in yuan; every other number is form-js's own field. */
export function numberField({ t }: Surroundings) {
  function Amount(props: FieldProps<number | null>) {
    const { field, value, onChange, onBlur, onFocus, disabled, readonly, errors, domId } = props
    const [text, setText] = useState(formatYuan(value))
    useEffect(() => setText(formatYuan(value)), [value])
    const commit = () => {
      const fen = parseYuan(text)
      setText(Number.isNaN(fen) ? text : formatYuan(fen))
      // Text that is no amount goes on as 'NaN': form-js then says itself that a number is expected.
      const next = Number.isNaN(fen) ? ('NaN' as unknown as number) : fen
      if (next !== value) onChange({ value: next })
      onBlur()
    }
    return (
      <Frame type="amount" {...{ field, domId, errors, disabled, readonly }} label={inYuan(field.label)}>
        <div class={`fjs-input-group${readonly ? ' fjs-readonly' : ''}${disabled ? ' fjs-disabled' : ''}`}>
          <span class="fjs-input-adornment border-right border-radius-left">
            <span class="fjs-input-adornment-text">¥</span>
          </span>
          <input
            class="fjs-input number"
            id={domId}
            type="text"
            inputMode="decimal"
            autoComplete="off"
            disabled={disabled}
            readOnly={readonly}
            aria-describedby={describedBy(domId)}
            value={text}
            lang={t.locale}
            onInput={(event) => setText(event.currentTarget.value)}
            onFocus={onFocus}
            onBlur={() => !disabled && !readonly && commit()}
          />
        </div>
      </Frame>
    )
  }

  function NumberOrAmount(props: FieldProps<number | null>) {
    if (props.field.properties?.unit === 'fen') return <Amount {...props} />
    // form-js reports a number while it renders; the form must not change in the middle of being drawn.
    const onChange: typeof props.onChange = (change) => queueMicrotask(() => props.onChange(change))
    return <Numberfield {...props} onChange={onChange} />
  }
  NumberOrAmount.config = Numberfield.config
  return NumberOrAmount
}
