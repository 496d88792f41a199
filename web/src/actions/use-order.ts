import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Order, type OrderResult, orderAll } from './order.ts';

/** Orders actions, and says how far that is. */
export function useOrder() {
  const client = useQueryClient();
  const [results, setResults] = useState<readonly OrderResult[]>([]);
  const mutation = useMutation({
    mutationFn: ({ names, order }: { names: readonly string[]; order: Order }) => {
      setResults([]);
      return orderAll(names, order, setResults);
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ['pages', 'machine-actions'] }),
  });
  return { ...mutation, results };
}
