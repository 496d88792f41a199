import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { isPassing, problemOf } from '../../api/problem.ts';
import {
  beginUpload,
  createImageOfUpload,
  giveUpUpload,
  putBytes,
  readUpload,
  uploadsQuery,
} from '../../api/uploads.ts';
import { sendFile } from './send-file.ts';
import { imageOfForm, type UploadForm } from './upload-form.ts';

interface Begun {
  id: string;
  file: File;
  /** Of the image: a second try makes no second one. */
  key: string;
}

/** Sends a file and makes an image of it. A second try with the same file goes on where the first one was. */
export function useUpload(onDone: () => void) {
  const client = useQueryClient();
  const begun = useRef<Begun | undefined>(undefined);
  const ending = useRef<AbortController | undefined>(undefined);
  const [sent, setSent] = useState(0);
  const { mutate, isPending, error, reset } = useMutation({
    async mutationFn({ file, form }: { file: File; form: UploadForm }) {
      const controller = new AbortController();
      ending.current = controller;
      const { signal } = controller;
      if (begun.current?.file !== file) {
        await forget();
        const { id } = await beginUpload(file.size, file.name);
        begun.current = { id, file, key: crypto.randomUUID() };
      }
      const { id, key } = begun.current;
      const port = {
        received: async () => (await readUpload(id)).receivedBytes,
        put: async (from: number, end: number, progress: (bytes: number) => void) =>
          (await putBytes(id, from, file.slice(from, end), progress, signal)).receivedBytes,
        wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
      };
      await sendFile(file.size, port, setSent, signal);
      return createImageOfUpload(id, imageOfForm(form), key).catch((failure: unknown) => {
        // What was refused may be mended and asked again, as another request.
        if (!isPassing(failure) && begun.current !== undefined) begun.current.key = crypto.randomUUID();
        throw failure;
      });
    },
    onSuccess() {
      begun.current = undefined;
      setSent(0);
      onDone();
    },
    onError(failure) {
      if (['NotFound', 'UploadMismatch'].includes(problemOf(failure).code)) begun.current = undefined;
    },
    onSettled: () => void client.invalidateQueries(uploadsQuery),
  });

  /** The server forgets it by itself, later: nobody has to know when this fails. */
  async function forget(): Promise<void> {
    const given = begun.current;
    begun.current = undefined;
    if (given !== undefined) await giveUpUpload(given.id).catch(() => undefined);
  }

  useEffect(() => () => ending.current?.abort(new Error('the page was left')), []);
  useEffect(() => {
    if (!isPending) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isPending]);

  return {
    start: mutate,
    busy: isPending,
    error: isPending || isStop(error) ? null : error,
    sent,
    /** What is there stays: to start again goes on. */
    stop: () => ending.current?.abort(new Stopped()),
    reset,
  };
}

/** The person wanted it so. */
class Stopped extends Error {}

function isStop(error: unknown): boolean {
  return error instanceof Stopped;
}
