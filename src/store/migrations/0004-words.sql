-- Letters without CamelCase are taken for words once, not twice: that was half of the cost of a row with an output. Rows that are
-- there have the same words, for a place in the text is never asked for.
CREATE OR REPLACE FUNCTION metalwright.words(VARIADIC texts text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig, (
  SELECT coalesce(string_agg(CASE
    WHEN left(piece, 1000) ~ '[a-z0-9][A-Z]'
    THEN left(piece, 100000) || ' ' || regexp_replace(left(piece, 1000), '([a-z0-9])([A-Z])', '\1 \2', 'g')
    ELSE left(piece, 100000) END, ' '), '')
  FROM unnest(texts) AS piece
  WHERE piece IS NOT NULL
));
