# The app, or with another command a worker: `python -m core worker`.
FROM python:3.12-slim
WORKDIR /srv
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 JOBMATCH_DATA_DIR=/data
COPY requirements/app.txt requirements/app.txt
RUN pip install --require-hashes -r requirements/app.txt
COPY . .
RUN pip install --no-deps --no-build-isolation -e . \
    && useradd --create-home jobmatch && mkdir /data && chown jobmatch /data
USER jobmatch
VOLUME /data
EXPOSE 8501
CMD ["streamlit", "run", "app/server.py", "--server.address=0.0.0.0"]
