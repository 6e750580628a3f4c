-- Run once by the image of PostgreSQL when its volume is empty, see compose.yaml.
-- Andon owns its database and nothing else: a superuser could read files and set every guard aside.
\getenv password ANDON_DB_PASSWORD
CREATE ROLE andon LOGIN PASSWORD :'password';
CREATE DATABASE andon OWNER andon;
-- The superuser then comes in from inside the container alone.
ALTER ROLE postgres PASSWORD NULL;
