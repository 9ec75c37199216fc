import { useRef, useState } from 'preact/hooks'
import { ApiError, attachments, type Attachment } from '../api'
import { formatSize } from '../times'
import { describedBy, Frame, type FieldProps, type Surroundings } from './field'

/**
 * Files and photos. Replaces the file picker of form-js, which keeps files in the page until the form is sent: here a
 * file goes to the server at once, and the form carries its id and digest, which history can prove later.
 */
export function filesField({ t, processInstanceId }: Surroundings) {
  function Files(props: FieldProps<Attachment[] | null>) {
    const { field, value, onChange, disabled, readonly, errors, domId, onFocus, onBlur } = props
    const input = useRef<HTMLInputElement>(null)
    const held = useRef<Attachment[]>([])
    held.current = Array.isArray(value) ? value : []
    const [busy, setBusy] = useState<string | null>(null)
    const [fault, setFault] = useState<string | null>(null)
    const inactive = disabled || readonly
    const accept = typeof field.accept === 'string' ? field.accept : undefined
    const images = accept?.includes('image') ?? false

    const upload = async (files: File[]) => {
      setFault(null)
      for (const file of files) {
        setBusy(file.name)
        try {
          const stored = await attachments.upload(file, processInstanceId)
          const kept = field.multiple === false ? [] : held.current
          held.current = [...kept, { ...stored, name: file.name }]
          onChange({ value: held.current })
        } catch (error) {
          // The server says which files it takes; without an answer there is nothing to add.
          const reason = error instanceof ApiError ? (error.body.message ?? '') : ''
          setFault(`${t.fields.uploadFailed(file.name)} ${reason}`.trim())
        }
      }
      setBusy(null)
      if (input.current) input.current.value = ''
    }
    const remove = (id: string) => onChange({ value: held.current.filter((file) => file.attachment_id !== id) })
    return (
      <Frame type="files" {...{ field, domId, disabled, readonly }} errors={fault ? [fault, ...errors] : errors}>
        <ul class="files">
          {held.current.map((file, index) => (
            <li key={file.attachment_id}>
              <a href={attachments.address(file.attachment_id)} download title={file.sha256}>
                {file.name ?? t.fields.file(index + 1)}
              </a>
              <span class="muted">{formatSize(file.size, t)}</span>
              {!inactive && (
                <button
                  type="button"
                  aria-label={t.fields.removeFile(file.name ?? t.fields.file(index + 1))}
                  onClick={() => remove(file.attachment_id)}
                >
                  ×
                </button>
              )}
            </li>
          ))}
          {held.current.length === 0 && inactive && <li class="muted">{t.fields.noFile}</li>}
        </ul>
        {!inactive && (
          <label class="files-add">
            <input
              class="visually-hidden"
              id={domId}
              ref={input}
              type="file"
              accept={accept}
              multiple={field.multiple !== false}
              disabled={busy !== null}
              aria-describedby={describedBy(domId)}
              onFocus={onFocus}
              onBlur={onBlur}
              onChange={(event) => void upload([...(event.currentTarget.files ?? [])])}
            />
            <span class="button" role="status">
              {busy ? t.fields.uploading(busy) : images ? t.fields.addPhoto : t.fields.addFile}
            </span>
          </label>
        )}
      </Frame>
    )
  }
  Files.config = { type: 'filepicker', keyed: true, group: 'basic-input', emptyValue: null, create: (options = {}) => options }
  return Files
}
